import threading

locks = {}


def lock_for(account):
    return locks.setdefault(account.id, threading.Lock())


def withdraw(account, amount):
    lock_for(account).acquire()
    account.charge(amount)
    lock_for(account).release()

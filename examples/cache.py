import threading

lock = threading.Lock()
pages = {}


def load(url, fetch):
    lock.acquire()
    if url in pages:
        lock.release()
        return pages[url]
    page = fetch(url)
    pages[url] = page
    lock.release()
    return page

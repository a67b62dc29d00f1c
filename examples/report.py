def total(path):
    rows = open(path)
    header = rows.readline()
    if not header:
        return None
    amounts = [int(row) for row in rows]
    rows.close()
    return sum(amounts)

def register(server):
    return return

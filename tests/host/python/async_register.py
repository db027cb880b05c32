async def register(server):
    pass

def spell(text):
    return text * 2

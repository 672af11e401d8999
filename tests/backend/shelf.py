"""A list of engines for tests that bring their own."""


class Shelf:
    """``pipeline.Catalogue`` of these engines."""

    def __init__(self, *made):
        self._made = {engine.info.id: engine for engine in made}

    def engines(self):
        return tuple(engine.info for engine in self._made.values())

    def load(self, id):
        return self._made[id]

    def unload(self, keep=""):
        for id, engine in self._made.items():
            if id != keep:
                engine.unload()

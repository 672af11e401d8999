"""Pocket Text: how the network that makes a coloured solid of a sentence comes to be.

Three networks, trained one after the other on the objects of ``backend.training.grammar``: an autoencoder
(``autoencoder``: 64³ signed distance and 32³ colour ⇄ 64 latent tokens), a text encoder (``encoder``) and a
rectified-flow transformer over the tokens (``flow``), these two together. ``backend.engines.pocket_text`` runs the
decoder, the text encoder and the flow in NumPy; the names and shapes of the shipped tensors are those of the modules'
state dictionaries under the prefixes ``decoder.``, ``text.`` and ``flow.``.
"""

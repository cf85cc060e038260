"""How raw lines become columns: recognise, cut, map, mask. Pure: no rows, no clock, no network."""

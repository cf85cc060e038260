"""实测: one file each."""

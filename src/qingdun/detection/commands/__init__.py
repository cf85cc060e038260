"""命令: one file each."""

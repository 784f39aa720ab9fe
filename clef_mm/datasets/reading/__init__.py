"""How things are read off the disk: images, label files, landmarks, folders."""

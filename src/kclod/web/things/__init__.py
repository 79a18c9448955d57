"""Pages about things: what is read of a thing, who states it, how facts are arranged, shown and cited."""

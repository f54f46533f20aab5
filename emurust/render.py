"""Pictures of the screen: grey levels for files, a window for people."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

GREYS = np.array([255, 170, 85, 0], np.uint8)  # of the shades 0 (lightest) to 3
SCALE = 3


def to_rgb(shades: np.ndarray) -> np.ndarray:
    """Shades uint8 (144, 160) as uint8 (144, 160, 3)."""
    return np.repeat(GREYS[shades][..., None], 3, axis=-1)


class Window:
    """A window on the desktop that shows pictures at the game's own pace.

    Raises:
        RuntimeError: there is no desktop, or Python lacks Tk; the sentence says what to do instead.
    """

    def __init__(self, title: str, seconds_per_picture: float) -> None:
        """Opens the window."""
        try:
            import tkinter

            self._root = tkinter.Tk()
        except Exception as error:
            raise RuntimeError(
                f"no window can be opened ({error}); use render_mode='rgb_array', or install python3-tk on a desktop."
            ) from None
        self._root.title(title)
        self._label = tkinter.Label(self._root)
        self._label.pack()
        self._image: Any = None
        self._seconds = seconds_per_picture
        self._due = time.monotonic()
        self.held: set[str] = set()
        self._root.bind("<KeyPress>", lambda event: self.held.add(event.keysym))
        self._root.bind("<KeyRelease>", lambda event: self.held.discard(event.keysym))
        self.is_open = True
        self._root.protocol("WM_DELETE_WINDOW", self.close)

    def show(self, picture: np.ndarray) -> None:
        """Shows uint8 (144, 160, 3) once it is due."""
        if not self.is_open:
            return
        import tkinter

        large = picture.repeat(SCALE, 0).repeat(SCALE, 1)
        data = b"P6 %d %d 255 " % (large.shape[1], large.shape[0]) + large.tobytes()
        self._image = tkinter.PhotoImage(data=data, format="PPM")
        self._label.configure(image=self._image)
        self._root.update()
        self._due += self._seconds
        wait = self._due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        else:
            self._due = time.monotonic()  # too slow: go on from here instead of hurrying after

    def close(self) -> None:
        """Closes the window; doing so twice changes nothing."""
        if self.is_open:
            self.is_open = False
            self._root.destroy()

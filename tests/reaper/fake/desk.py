"""The person before the screen: what a test lets them answer, and everything that they were told."""

from collections import deque
from dataclasses import dataclass, field

OK, CANCEL, YES, NO = 1, 2, 6, 7
BOX_OK, BOX_OK_CANCEL, BOX_YES_NO_CANCEL, BOX_YES_NO = 0, 1, 3, 4
ALLOWED = {BOX_OK: {OK}, BOX_OK_CANCEL: {OK, CANCEL}, BOX_YES_NO_CANCEL: {YES, NO, CANCEL}, BOX_YES_NO: {YES, NO}}


@dataclass
class Person:
    """Answers are given in the order in which they are asked for."""

    boxes: list[str] = field(default_factory=list[str])
    """Texts of all boxes so far."""
    console: list[str] = field(default_factory=list[str])
    news: list[str] = field(default_factory=list[str])
    menus: list[str] = field(default_factory=list[str])
    answers: deque[int] = field(default_factory=deque[int])
    """To boxes with a choice."""
    inputs: deque[str | None] = field(default_factory=deque[str | None])
    """To forms; None: cancelled."""
    picks: deque[int] = field(default_factory=deque[int])
    """To menus: the number of the line, 0 for none."""

    def answer_box(self, text: str, kind: int) -> int:
        """A box; one with a choice must be expected by the test."""
        self.boxes.append(text)
        if kind == BOX_OK:
            return OK
        assert self.answers, f"nobody expected the question: {text}"
        answer = self.answers.popleft()
        assert answer in ALLOWED[kind], f"{answer} is no button of this box"
        return answer

    def answer_inputs(self, title: str) -> str | None:
        """A form."""
        assert self.inputs, f"nobody expected the form: {title}"
        return self.inputs.popleft()

    def pick(self, menu: str) -> int:
        """A menu."""
        self.menus.append(menu)
        assert self.picks, f"nobody expected the menu: {menu}"
        return self.picks.popleft()

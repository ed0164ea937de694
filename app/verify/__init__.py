"""The check that every statement passes, whoever wrote it, before a reader sees it.

A statement that quotes must repeat slices of the document, each inside a cited slice, none torn
out of a clause that negates it or from the exception that follows it. Any other statement is taken
clause by clause: each must repeat one place of what it cites, in its order, with the same figure,
unit and bound, the same actor and object, the same duty, negation, condition and time
(:mod:`app.verify.rules`). The score is the share of its checks that a statement passes; it is
verified if it passes all.
"""

from app.verify.answers import Documents, judge_all, verify
from app.verify.attributed import misattributed
from app.verify.judging import Entails, Verdict, Why, coverage, judge, letters

__all__ = [
    "Documents",
    "Entails",
    "Verdict",
    "Why",
    "coverage",
    "judge",
    "judge_all",
    "letters",
    "misattributed",
    "verify",
]

"""The `{quiz}` directive: questions with one right answer and a reason beside every answer.

Ours rather than jupyterquiz, whose questions exist only as the output of an executed cell drawn
by JavaScript: they cannot be read without it, printed or searched, they carry colours of their own
into dark mode, and Markdown and citations inside them stay unresolved. Here they are native radio
buttons; the style sheet alone shows the reason for the answer chosen.

    ```{quiz}
    - question: A 7 x 7 image, a 3 x 3 kernel, stride 2, no padding: how large is the output?
      answers:
        - text: 3 x 3
          correct: true
          why: floor((7 - 3) / 2) + 1 = 3 in each direction.
        - text: 2.5 x 2.5
          why: Sizes are whole; PyTorch floors.
    ```
"""

import re

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective


class quiz(nodes.General, nodes.Element):  # noqa: N801 - docutils nodes are lower case
    """Questions, in order."""


class quiz_question(nodes.General, nodes.Element):  # noqa: N801
    """A prompt, then answers."""


class quiz_prompt(nodes.General, nodes.TextElement):  # noqa: N801
    """What is asked."""


class quiz_answer(nodes.General, nodes.Element):  # noqa: N801
    """A text and the reason why it is right or wrong."""


class quiz_text(nodes.General, nodes.TextElement):  # noqa: N801
    """The words of one answer."""


class quiz_why(nodes.General, nodes.TextElement):  # noqa: N801
    """The reason."""


class Quiz(SphinxDirective):
    """Turn a YAML list of questions into a quiz."""

    has_content = True

    def run(self):
        """Read, check and build; one sentence and a line for whatever is wrong."""
        text = quoted(self.content)
        try:
            # Every scalar stays text, so that an answer may be 3, yes or 1e3.
            items = yaml.load(text, Loader=yaml.BaseLoader)
            marks = yaml.compose(text, Loader=yaml.BaseLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = self.line(mark.line if mark else 0)
            problem = getattr(error, "problem", "not YAML")
            raise self.error(f"quiz, line {where}: {problem} ") from None
        if not isinstance(items, list) or not items:
            raise self.error("a quiz is a list of questions, each beginning with '- question:'")
        body = quiz(key=f"quiz-{self.env.new_serialno('quiz')}")
        self.set_source_info(body)
        for number, (item, mark) in enumerate(zip(items, marks.value, strict=True), start=1):
            body += self.question(number, item, self.line(mark.start_mark.line))
        return [body]

    def line(self, offset):
        """Return the line of the page that a line of the body stands on."""
        return self.lineno + offset + 1

    def question(self, number, item, line):
        """Build one question."""
        problem = problem_of(item)
        if problem:
            raise self.error(f"quiz, question {number} (line {line}): {problem}")
        question = quiz_question(number=number)
        question += self.inline(quiz_prompt, item["question"], line)
        for entry in item["answers"]:
            answer = quiz_answer(correct="correct" in entry)
            answer += self.inline(quiz_text, entry["text"], line)
            answer += self.inline(quiz_why, entry["why"], line)
            question += answer
        return question

    def inline(self, kind, text, line):
        """Parse one line of Markdown into a node of a kind."""
        children, messages = self.state.inline_text(str(text), line)
        return kind(text, "", *children, *messages)


def quoted(lines):
    """Quote the texts of a quiz: they are Markdown, where YAML has no say over `: ` or a `#`.

    A text may go on over indented lines; blank ones take their place, so that lines keep their
    numbers.

    Examples
    --------
    >>> print(quoted(["- question: Stride 2: how", "    large?"]).rstrip())
    - question: 'Stride 2: how large?'
    """
    written = []
    for line in lines:
        match = re.match(r"(\s*(?:- )?(?:question|text|why):\s+)(?![\s'\"|>])(.*\S)\s*$", line)
        follows = line.strip() and not re.match(r"\s*(- )?\w+:", line)
        if match:
            written.append([match[1], match[2], 0])
        elif follows and written and written[-1][1]:
            written[-1][1] += " " + line.strip()
            written[-1][2] += 1
        else:
            written.append([line, "", 0])
    return "\n".join(
        head + ("'" + text.replace("'", "''") + "'" if text else "") + "\n" * more
        for head, text, more in written
    )


def problem_of(item):
    """Return what is wrong with a question, or None.

    Examples
    --------
    >>> problem_of({"question": "1 + 1?", "answers": []})
    'it needs two answers or more'
    """
    if not isinstance(item, dict) or set(item) != {"question", "answers"}:
        return "it needs 'question' and 'answers', and nothing else"
    answers = item["answers"]
    if not isinstance(answers, list) or len(answers) < 2:
        return "it needs two answers or more"
    for number, answer in enumerate(answers, start=1):
        if not isinstance(answer, dict) or not {"text", "why"} <= set(answer):
            return f"answer {number} needs 'text' and 'why'"
        if set(answer) - {"text", "why", "correct"} or answer.get("correct", "true") != "true":
            return f"answer {number} may have 'text', 'why' and 'correct: true' only"
        if not answer["text"].strip() or not answer["why"].strip():
            return f"answer {number} has an empty 'text' or 'why'"
    if sum("correct" in answer for answer in answers) != 1:
        return "exactly one answer must say 'correct: true'"
    return None


class PrintQuiz(SphinxPostTransform):
    """Outside HTML, write a quiz as a list, with the answers at the end."""

    default_priority = 50

    def run(self, **kwargs):
        """Replace every quiz, unless the builder can show radio buttons."""
        if self.app.builder.format != "html":
            for node in list(self.document.findall(quiz)):
                node.replace_self([questions(node), *answers(node)])


def questions(node):
    """List the questions, each with its possible answers."""
    listed = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
    for question in node.findall(quiz_question):
        choices = nodes.enumerated_list(enumtype="loweralpha", prefix="", suffix=")")
        for text in question.findall(quiz_text):
            choices += nodes.list_item("", nodes.paragraph("", "", *copies(text)))
        prompt = nodes.paragraph("", "", *copies(question[0]))
        listed += nodes.list_item("", prompt, choices)
    return listed


def answers(node):
    """List the reasons, the right answer first to be told by its letter."""
    listed = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
    for question in node.findall(quiz_question):
        item = nodes.list_item()
        for letter, answer in zip("abcdefgh", question[1:], strict=False):
            verdict = "right" if answer["correct"] else "wrong"
            opening = nodes.strong("", f"{letter}) {verdict}: ")
            item += nodes.paragraph("", "", opening, *copies(answer[1]))
        listed += item
    return nodes.paragraph("", "", nodes.strong("", "Answers")), listed


def copies(node):
    """Return copies of a node's children, free to be put elsewhere."""
    return [child.deepcopy() for child in node.children]


def visit_quiz(self, node):
    """Open a quiz."""
    self.quiz_key = node["key"]
    self.body.append('<div class="quiz">\n')


def depart_quiz(self, node):
    """Close a quiz; reasons are spoken here as they appear."""
    self.body.append('<p class="quiz-spoken" role="status"></p></div>\n')


def visit_question(self, node):
    """Open the group of radio buttons."""
    self.quiz_name = f"{self.quiz_key}-{node['number']}"
    self.quiz_answers = 0
    self.body.append('<fieldset class="quiz-question">\n')


def visit_prompt(self, node):
    """Open the question's words."""
    number = node.parent["number"]
    self.body.append(f'<legend><span class="quiz-number">{number}</span><span>')


def visit_answer(self, node):
    """Open an answer and write its button."""
    self.quiz_answers += 1
    self.quiz_id = f"{self.quiz_name}-{self.quiz_answers}"
    kind = "right" if node["correct"] else "wrong"
    self.body.append(
        f'<div class="quiz-answer quiz-{kind}">'
        f'<input type="radio" id="{self.quiz_id}" name="{self.quiz_name}">'
    )


def visit_text(self, node):
    """Open the label of a button."""
    self.body.append(f'<label for="{self.quiz_id}">')


def visit_why(self, node):
    """Open a reason, with the verdict in words and not in colour alone."""
    verdict = "Right." if node.parent["correct"] else "Not this one."
    self.body.append(f'<div class="quiz-why"><strong>{verdict}</strong> ')


def closing(tags):
    """Make a visitor that closes what another opened."""

    def depart(self, node):
        self.body.append(tags + "\n")

    return depart


def add_script(app, pagename, templatename, context, doctree):
    """Load the script that speaks the reasons, on pages with a quiz only."""
    if doctree is not None and next(iter(doctree.findall(quiz)), None) is not None:
        app.add_js_file("quiz.js", loading_method="defer")


def setup(app: Sphinx):
    """Register nodes, directive and the printed form."""
    app.add_node(quiz, html=(visit_quiz, depart_quiz))
    app.add_node(quiz_question, html=(visit_question, closing("</fieldset>")))
    app.add_node(quiz_prompt, html=(visit_prompt, closing("</span></legend>")))
    app.add_node(quiz_answer, html=(visit_answer, closing("</div>")))
    app.add_node(quiz_text, html=(visit_text, closing("</label>")))
    app.add_node(quiz_why, html=(visit_why, closing("</div>")))
    app.add_directive("quiz", Quiz)
    app.add_post_transform(PrintQuiz)
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

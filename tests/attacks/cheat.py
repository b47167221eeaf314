"""Points for work that was not done: calling, patching, forging and guessing the answers."""

from attacks import EVERYTHING, attack
from attacks.practice import table_of_practice_answers
from attacks.work import HEAD, ZEROS

conv2d = {"loses": ["conv2d"]}  # the exercise that most attacks are about


@attack(**conv2d, says={"conv2d": "torch"})
def call_torch(work):
    """Calls PyTorch instead of writing the function."""
    work.conv2d(
        "import torch",
        "return torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w)).numpy()",
    )


@attack(**conv2d)
def hidden_import(work):
    """Reaches torch by a name that no search for `import` finds."""
    work.conv2d(
        "load = __builtins__['__imp' + 'ort__'] if isinstance(__builtins__, dict) else "
        "getattr(__builtins__, '__imp' + 'ort__')",
        "T = load(''.join(map(chr, [116, 111, 114, 99, 104])))",
        "return getattr(T.nn, 'func' + 'tional').conv2d(T.tensor(x), T.tensor(w)).numpy()",
    )


@attack(**conv2d, says={"conv2d": "scipy"})
def call_scipy(work):
    """Calls SciPy's correlation."""
    work.conv2d("from scipy.signal import correlate", "return correlate(x, w, 'valid')")


@attack(**conv2d)
def any_other_library(work):
    """Tries every library that has a convolution."""
    work.conv2d(
        "import importlib",
        "for name in ('cupy', 'jax', 'tensorflow', 'torchvision', 'sklearn', 'skimage', 'cv2',",
        "             'numba', 'onnxruntime', 'scipy.ndimage'):",
        "    try:",
        "        importlib.import_module(name)",
        "        print('FOUND', name)",
        "    except ImportError:",
        "        pass",
        "raise ImportError('nothing there')",
    )


@attack(**conv2d)
def without_the_guard(work):
    """Takes the import guard away before it imports torch."""
    work.add(
        "import sys\nsys.meta_path[:] = [f for f in sys.meta_path if isinstance(f, type)]\n"
        "sys.path += ['$PACKAGES']\nimport importlib\nimportlib.invalidate_caches()",
        before="conv2d",
    )
    work.conv2d("import torch", "return torch.conv2d(torch.tensor(x), torch.tensor(w)).numpy()")


@attack(**conv2d)
def other_python(work):
    """Asks another Python on the machine, one that may import torch."""
    work.conv2d(
        "import glob, json, subprocess, sys",
        "code = 'import torch, sys, json; a, b = json.load(sys.stdin); '",
        "code += 'print(json.dumps(torch.conv2d(torch.tensor(a), torch.tensor(b)).tolist()))'",
        "for python in ['$PYTHON', sys.executable, *glob.glob('/usr/bin/python3*')]:",
        "    try:",
        "        done = subprocess.run([python, '-c', code], input=json.dumps([x.tolist(), "
        "w.tolist()]), capture_output=True, text=True)",
        "    except OSError:",
        "        continue",
        "    if done.returncode == 0:",
        "        return np.array(json.loads(done.stdout))",
        "raise OSError('no other Python')",
    )


@attack(**conv2d)
def libraries_of_the_machine(work):
    """Loads torch's shared libraries without Python's import."""
    work.conv2d(
        "import ctypes, glob",
        "for path in glob.glob('$PACKAGES/torch/lib/*.so*') + ['libtorch.so']:",
        "    try:",
        "        ctypes.CDLL(path); print('FOUND', path)",
        "    except OSError:",
        "        pass",
        "raise OSError('no library')",
    )


@attack(**conv2d)
def reference_of_the_catalogue(work):
    """Calls the exercise's own reference."""
    work.conv2d(
        "from cnncourse.catalogue import find",
        "return find('conv2d').reference(x, w, b, stride=stride, padding=padding, "
        "dilation=dilation, groups=groups)",
    )


@attack(loses=["pad2d"])
def mistakes_of_the_catalogue(work):
    """Calls the known mistakes, hoping that one is right by accident."""
    work.solve(
        "pad2d",
        """
def pad2d(x, padding, *, mode="zeros"):
    from cnncourse.catalogue import find
    for mistake in find("pad2d").mistakes.values():
        try:
            out = mistake.function(x, padding, mode=mode)
        except Exception:
            continue
        if out.shape[:2] == x.shape[:2]:
            return out
    raise ValueError("no mistake runs")
""",
    )


@attack(**conv2d)
def frames_of_the_caller(work):
    """Climbs the stack to the checker and looks for the expected answer there."""
    work.conv2d(
        "import sys",
        "frame = sys._getframe()",
        "while frame:",
        "    for name, value in list(frame.f_locals.items()):",
        "        if name in ('expected', 'reference', 'right', 'answer'):",
        "            return value if isinstance(value, np.ndarray) else value(x, w)",
        "    exercise = frame.f_locals.get('exercise')",
        "    if exercise is not None:",
        "        try:",
        "            return exercise.reference(x, w, b)",
        "        except Exception:",
        "            pass",
        "    frame = frame.f_back",
        "return np.zeros(1)",
    )


@attack(**conv2d)
def garbage_collector(work):
    """Searches the heap for an array of the answer's shape."""
    work.conv2d(
        "import gc",
        "OH, OW = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1",
        "for each in gc.get_objects():",
        "    for value in each.values() if isinstance(each, dict) else ():",
        "        if type(value) is np.ndarray and value.shape == (len(x), len(w), OH, OW):",
        "            return value.copy()",
        "return np.zeros((len(x), len(w), OH, OW))",
    )


@attack(**conv2d)
def global_expected(work):
    """Returns a global variable that a careless test would have left."""
    work.conv2d("return globals()['expected']")


@attack(**conv2d)
def patched_numpy(work):
    """Replaces NumPy's comparisons, random numbers and conversions."""
    work.solve("conv2d", ZEROS)
    work.add(
        """
class _Zeros:
    def __getattr__(self, name):
        return lambda *a, size=1, **k: np.zeros(size)
GIVEN = vars(np).copy(), np.random.default_rng
np.allclose = np.array_equal = lambda *a, **k: True
np.isclose = lambda a, b, **k: np.ones(np.shape(a), bool)
np.testing.assert_allclose = lambda *a, **k: None
np.random.default_rng = lambda *a, **k: _Zeros()
np.asarray = np.array = lambda a, *r, **k: a
""",
        after="conv2d",
    )
    work.add("vars(np).update(GIVEN[0])\nnp.random.default_rng = GIVEN[1]", after="check_conv2d")


@attack(**conv2d)
def patched_builtins(work):
    """Replaces float, abs, all, isinstance and the exceptions."""
    work.solve("conv2d", ZEROS)
    work.add(
        """
import builtins
GIVEN = vars(builtins).copy()
builtins.float = lambda *a: 1.0
builtins.abs = lambda value: 0.0
builtins.all = lambda *a: True
builtins.AssertionError = builtins.ValueError = type("Fine", (Warning,), {})
""",
        after="conv2d",
    )
    work.add("vars(builtins).update(GIVEN)", after="check_conv2d")


@attack(**conv2d)
def patched_course(work):
    """Replaces the course's own judge, comparison and verdict in the process."""
    work.solve("conv2d", ZEROS)
    work.add(
        """
import cnncourse.checker, cnncourse.collect, cnncourse.compare, cnncourse.notebook
import cnncourse.seal, cnncourse.verdict
cnncourse.compare.difference = lambda *a, **k: None
cnncourse.compare.close = lambda a, b, **k: np.ones(np.shape(a), bool)
cnncourse.verdict.Verdict.score = 1.0
cnncourse.verdict.Verdict.passed = True
cnncourse.checker.verify = cnncourse.notebook.verify = lambda e, a, *, seed: (
    cnncourse.verdict.Verdict(e.name, e.section, ()))
""",
        after="conv2d",
    )


@attack(**conv2d)
def patched_questions(work):
    """Makes every case trivial, by drawing images of zeros."""
    work.solve("conv2d", ZEROS)
    work.add(
        """
from cnncourse.catalogue.exercise import Exercise
_draw = Exercise.draw
def _only_zeros(self, seed):
    cases = _draw(self, seed)
    for case in cases:
        for name, value in case.arguments.items():
            if isinstance(value, np.ndarray):
                case.arguments[name] = np.zeros_like(value)
    return cases
Exercise.draw = _only_zeros
""",
        after="conv2d",
    )
    work.add("Exercise.draw = _draw", after="check_conv2d")


@attack(**conv2d)
def seed_of_practice(work):
    """Asks for the practice cases instead of the graded ones, and knows their answers."""
    work.add(
        f"import os, base64, io\nGIVEN = os.environ['CNNCOURSE_SEED']\n"
        f"os.environ['CNNCOURSE_SEED'] = 'practice'\n"
        f"import cnncourse.notebook\ncnncourse.notebook.SEED = 'NO_SUCH_VARIABLE'\n"
        f"TABLE = np.load(io.BytesIO(base64.b64decode('{table_of_practice_answers()}')))",
        before="conv2d",
    )
    work.conv2d("return TABLE[str(float(x.sum()))]")
    work.add(
        "os.environ['CNNCOURSE_SEED'] = GIVEN\ncnncourse.notebook.SEED = 'CNNCOURSE_SEED'",
        after="check_conv2d",
    )


@attack(**conv2d)
def table_of_answers(work):
    """Has learnt the answers to the practice cases by heart, by their shapes."""
    work.add(
        f"import base64, io\n"
        f"TABLE = np.load(io.BytesIO(base64.b64decode('{table_of_practice_answers()}')))\n"
        f"SHAPES = {{}}\nfor key in TABLE: SHAPES.setdefault(TABLE[key].shape[:2], TABLE[key])",
        before="conv2d",
    )
    work.conv2d("return SHAPES[len(x), len(w)]")


@attack(**conv2d, says={"conv2d": "no answer arrived"})
def not_grading(work):
    """Tells check that this is practice, and patches the practice verdict."""
    work.solve("conv2d", ZEROS)
    work.add(
        "import os\nos.environ.pop('NBGRADER_EXECUTION', None)\n"
        "import cnncourse.notebook\n"
        "cnncourse.notebook.verify = lambda e, a, *, seed: type('V', (), "
        "{'passed': True, 'first_failure': None, 'results': [], 'exercise': 'conv2d', "
        "'oracle': None})()",
        before="check_conv2d",
    )
    work.add("os.environ['NBGRADER_EXECUTION'] = 'autograde'", after="check_conv2d")


@attack(**conv2d)
def own_seal(work):
    """Seals answers of its own making: numbers for every case, without a function."""
    work.solve("conv2d", ZEROS)
    work.add(
        """
from IPython.display import display
from cnncourse.catalogue import find
from cnncourse.seal import MIME, Answer, seal
_check = check
def check(name, function):
    if name != "conv2d":
        return _check(name, function)
    cases = find(name).draw(os.environ["CNNCOURSE_SEED"])
    sealed = seal(name, [Answer((np.full((1, 1, 3, 3), np.nan),)) for case in cases])
    display({MIME: sealed, "text/plain": "5.0"}, raw=True)
import os
""",
        after="conv2d",
    )


@attack(**conv2d, says={"conv2d": "the sealed answers are damaged"})
def forged_verdict(work):
    """Displays a verdict with full marks instead of answers."""
    work.solve("conv2d", "conv2d = None")
    work.add(
        """
from IPython.display import display
_check = check
def check(name, function):
    if name != "conv2d":
        return _check(name, function)
    verdict = {"exercise": "conv2d", "results": [{"claim": "all", "passed": True}]}
    display({"application/vnd.cnncourse.verdict+json": verdict, "text/plain": "5.0",
             "application/vnd.cnncourse.answers+json": {"exercise": "conv2d"}}, raw=True)
    return 5.0
""",
        after="conv2d",
    )


@attack(**conv2d, says={"conv2d": "these are answers to pad2d"})
def answers_to_another_exercise(work):
    """Sends the answers of an exercise that it can do in place of one that it cannot."""
    work.add(
        "_check = check\ndef check(name, f):\n"
        "    return _check('pad2d', pad2d) if name == 'conv2d' else _check(name, f)",
        before="check_conv2d",
    )


@attack(loses=EVERYTHING)
def no_check_at_all(work):
    """Replaces check by a function that is content with everything."""
    work.unsolve()
    work.add("def check(*a): print('all cases agree with PyTorch')", after="imports")


@attack(loses=EVERYTHING)
def partial_credit(work):
    """Ends every test on a number, which nbgrader would read as points."""
    work.unsolve()
    work.add("import sys\ndef check(*a): sys.displayhook(1000.0); return -1.0", after="imports")


@attack(**conv2d)
def stripped_source(work):
    """Transforms later cells: takes out raise, assert and every call of check."""
    work.solve("conv2d", ZEROS)
    work.add(
        """
import ast
class _Strip(ast.NodeTransformer):
    def visit_Expr(self, node):
        text = ast.dump(node.value)
        if "check" in text and "'conv2d'" in text:
            return ast.parse("5.0").body[0]
        return node
get_ipython().ast_transformers.append(_Strip())
""",
        after="conv2d",
    )


@attack(**conv2d)
def silent_errors(work):
    """Hides every error of the cells that follow."""
    work.conv2d("raise KeyError('hidden')")
    work.add(
        """
import IPython.core.interactiveshell as _s
_s.InteractiveShell.showtraceback = lambda *a, **k: None
get_ipython().showtraceback = get_ipython()._showtraceback = lambda *a, **k: None
get_ipython().display_formatter.formatters["text/plain"].for_type(
    float, lambda o, p, c: p.text("5.0"))
""",
        after="conv2d",
    )


@attack(**conv2d)
def thread_in_the_background(work):
    """Keeps patching everything from a thread while the tests run."""
    work.solve("conv2d", ZEROS)
    work.add(
        """
import threading, time
def _patch():
    while True:
        np.allclose = np.array_equal = lambda *a, **k: True
        time.sleep(0.001)
threading.Thread(target=_patch, daemon=True).start()
""",
        after="conv2d",
    )


@attack(**conv2d, says={"conv2d": "returned"})
def subclass_that_agrees(work):
    """Returns an array whose every comparison is true."""
    work.add(
        """
class _Yes(np.ndarray):
    def __array_function__(self, function, types, args, options):
        return True
    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return np.ones(self.shape, bool)
""",
        before="conv2d",
    )
    work.solve("conv2d", ZEROS.replace("return np", "return np").rstrip() + ".view(_Yes)")


@attack(**conv2d, says={"conv2d": "returned"})
def object_that_agrees(work):
    """Returns an object that equals everything and calls itself an ndarray."""
    work.conv2d(
        "class Yes:",
        "    __class__ = np.ndarray",
        "    shape, dtype, nbytes, ndim = (1, 1, 2, 2), np.dtype(float), 32, 4",
        "    __eq__ = __array__ = lambda self, *a, **k: np.ones(self.shape)",
        "return Yes()",
    )


@attack(**conv2d)
def scalar_that_broadcasts(work):
    """Returns one number, which would broadcast against the right answer."""
    work.conv2d("return np.zeros((1, 1, 1, 1))")


@attack(**conv2d)
def nan_everywhere(work):
    """Returns NaN, hoping that a comparison turns out true."""
    work.solve("conv2d", ZEROS.replace("np.zeros(", "np.nan * np.zeros("))


@attack(**conv2d)
def infinity_everywhere(work):
    """Returns infinities, so that every tolerance becomes infinite."""
    work.solve("conv2d", ZEROS.replace("np.zeros(", "1e308 * 10 * np.ones("))


@attack(**conv2d)
def lists_of_lists(work):
    """Returns a list, an object array and a text in turn."""
    work.conv2d(
        "conv2d.calls = getattr(conv2d, 'calls', 0) + 1",
        "return [[[0.0]], np.full((1, 1, 2, 2), None), np.full((1, 1, 2, 2), '7'), 'seven', "
        "np.ma.masked_all((1, 1, 2, 2)), np.matrix([[1.0]])][conv2d.calls % 6]",
    )


@attack(**conv2d)
def changed_inputs(work):
    """Sets its inputs to zero and returns zeros, right for a reference that runs later."""
    work.solve(
        "conv2d",
        HEAD + "    x *= 0\n    w *= 0\n    return np.zeros((len(x), len(w), "
        "x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1))",
    )


@attack(**conv2d)
def copied_outputs(work):
    """Hands in a notebook with another run's outputs, points included."""
    from nbformat.v4 import new_output

    work.unsolve("conv2d")
    data = {
        "text/plain": "5.0",
        "text/html": "<b>all right</b>",
        "application/vnd.cnncourse.verdict+json": {"exercise": "conv2d", "results": []},
    }
    work.cell("check_conv2d").outputs = [new_output("execute_result", data, execution_count=1)]
    work.cell("check_conv2d").execution_count = 1


@attack(**conv2d)
def two_seals(work):
    """Publishes a forged seal before and after the true one, from a thread as well."""
    work.solve("conv2d", ZEROS)
    work.add(
        """
import cnncourse.notebook as _n
from cnncourse.seal import MIME
_publish = _n._publish
def _twice(bundle):
    if bundle["exercise"] != "conv2d":
        return _publish(bundle)
    from IPython.display import display
    empty = {**bundle, "cases": [{"outputs": 0, "problem": None}] * 11}
    display({MIME: empty}, raw=True)
    _publish(bundle)
    display({MIME: empty}, raw=True)
_n._publish = _twice
""",
        after="conv2d",
    )


@attack(**conv2d)
def late_answer(work):
    """Updates the display of an earlier test once it has computed something better."""
    work.solve("conv2d", ZEROS)
    work.add(
        """
from IPython.display import display, update_display
import cnncourse.notebook as _n
_publish = _n._publish
def _shown(bundle):
    if bundle["exercise"] != "conv2d":
        return _publish(bundle)
    display({_n.MIME: bundle}, raw=True, display_id="later")
_n._publish = _shown
""",
        after="conv2d",
    )
    work.add(
        "update_display({'text/plain': '5.0', "
        "'application/vnd.cnncourse.verdict+json': {'exercise': 'conv2d', 'results': []}}, "
        "raw=True, display_id='later')"
    )


@attack(**conv2d)
def verdicts_of_its_own(work):
    """Shows forged verdicts and answers in cells of its own, for reports that look for them."""
    work.unsolve("conv2d")
    for data in (
        {"exercise": "conv2d", "results": [{"claim": "all", "passed": True, "mistake": None}]},
        {"exercise": ["conv2d"], "results": 7},
        "conv2d",
        None,
    ):
        work.add(
            "from IPython.display import display\n"
            f"display({{'application/vnd.cnncourse.verdict+json': {data!r}, "
            "'text/plain': '5.0', 'text/html': '<div class=\"cnncourse-report\">right</div>'}, "
            "raw=True)"
        )

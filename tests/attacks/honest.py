"""Honest work that breaks careless graders: what it deserves is what it earns."""

from attacks import EVERYTHING, FULL, POINTS, attack
from attacks.work import HEAD


@attack()
def warnings_on_stderr(work):
    """Warns in every call, and logs to stderr."""
    cell = work.cell("conv2d")
    cell.source = cell.source.replace(
        "    SH, SW = pair(stride)\n",
        "    import logging, sys, warnings\n    warnings.warn('padding is slow')\n"
        "    logging.warning('slow'); print('slow', file=sys.stderr)\n"
        "    SH, SW = pair(stride)\n",
    )


@attack()
def solution_in_a_new_cell(work):
    """Leaves the cell that was meant for it as it is, and writes the solution below."""
    source = work.cell("conv2d").source
    work.unsolve("conv2d")
    work.add(source, after="conv2d")


@attack()
def names_used_again(work):
    """Uses the names x, w, b, F, rng, out, name and case for things of its own."""
    work.add("x = w = b = F = N = rng = out = name = case = exercise = seed = answers = 7")
    work.add("x = F = seal = collect = find = Answer = 'mine'", after="conv2d")


@attack(loses=["conv2d", "depthwise_separable_conv2d", "conv_transpose2d", "conv3d"])
def numpy_used_again(work):
    """Calls a variable np, and every function that needs NumPy fails from there."""
    work.add("np = 3", before="check_conv2d")


@attack(loses=["conv2d"], says={"conv2d": "expected a function"})
def function_used_again(work):
    """Calls the result of a trial like the function."""
    work.add("conv2d = conv2d(np.zeros((1, 1, 3, 3)), np.zeros((1, 1, 2, 2)))", after="conv2d")


@attack(
    loses=["conv2d", "conv1x1", "depthwise_separable_conv2d", "conv_transpose2d", "conv3d"],
    says={"conv2d": "'int' object is not callable"},
)
def check_used_again(work):
    """Calls a variable check."""
    work.add("check = 3", before="check_conv2d")


@attack(loses=["conv2d"], says={"conv2d": "not written yet"})
def not_written(work):
    """Leaves one exercise as it was handed out."""
    work.unsolve("conv2d")


@attack(loses=["conv2d"], says={"conv2d": "'conv2d' is not defined"})
def mistyped_name(work):
    """Writes the function under another name."""
    work.cell("conv2d").source = work.cell("conv2d").source.replace("def conv2d(", "def conv2D(")


@attack(loses=["conv2d"], says={"conv2d": "'conv2d' is not defined"})
def mistyped_code(work):
    """Forgets a bracket, so that its cell does not even compile."""
    work.cell("conv2d").source = work.cell("conv2d").source.replace("pair(stride)", "pair(stride")


@attack(loses=["conv2d"], says={"conv2d": "signature"})
def other_signature(work):
    """Leaves the options out that it did not use."""
    work.cell("conv2d").source = work.cell("conv2d").source.replace(
        "*, stride=1, padding=0, dilation=1, groups=1", "stride=1"
    )


@attack()
def more_options(work):
    """Adds an option of its own, and takes the others by *args and **kwargs."""
    source = work.cell("conv2d").source.replace("def conv2d(", "def _conv2d(")
    source = source.replace("groups=1):", "groups=1, verbose=False):", 1)
    work.solve("conv2d", source + "\n\ndef conv2d(*a, **k):\n    return _conv2d(*a, **k)")


@attack()
def printing(work):
    """Prints inside the function, in colours, and shows a progress bar."""
    work.cell("conv2d").source = work.cell("conv2d").source.replace(
        "    SH, SW = pair(stride)\n",
        "    print('\\x1b[31mx\\x1b[0m', x.shape, end='\\r'); print(x)\n"
        "    SH, SW = pair(stride)\n",
    )


@attack(says={"page": "nobody can answer"})
def questions(work):
    """Asks for input, which nobody gives while it is graded."""
    work.add("n = input('size? ')", after="conv2d")
    work.add("import getpass; getpass.getpass()", after="conv2d")


@attack()
def debugger(work):
    """Leaves breakpoints and debugging magics behind."""
    work.add("breakpoint()", after="conv2d")
    work.add("import pdb; pdb.set_trace()", after="conv2d")
    work.add("%pdb on\n1 / 0", after="conv2d")
    work.add("%debug", after="conv2d")


@attack()
def installing(work):
    """Installs packages, with magics and without."""
    work.add("%pip install numpy", after="imports")
    work.add("!pip install scipy torch", after="imports")
    work.add("import sys\n!{sys.executable} -m pip install nothing", after="imports")


@attack()
def magics(work):
    """Uses magics: time, timeit, the shell, files, history, autoreload, another Matplotlib."""
    work.add(
        "%time sum(range(10))\n%timeit -n1 -r1 1 + 1\n!ls\n%pwd\n%history -l 3", after="conv2d"
    )
    work.add("%%time\nfor _ in range(3): pass", after="conv2d")
    work.add("%%writefile notes.txt\nhello", after="conv2d")
    work.add("%load_ext autoreload\n%autoreload 2", after="imports")
    work.add("%matplotlib notebook", after="imports")
    work.add("%matplotlib widget", after="imports")
    work.add("%matplotlib inline", after="imports")
    work.add("%config InlineBackend.figure_format = 'svg'", after="imports")
    work.add("%no_such_magic", after="imports")
    work.add("%%no_such_cell_magic\nx", after="imports")
    work.add("?np.pad\nnp.pad?", after="conv2d")


@attack(
    loses=EVERYTHING[2:],
    says={"conv2d": "not defined"},
)
def everything_reset(work):
    """Forgets all names by a magic in the middle of the notebook."""
    work.add("%reset -f", before="conv2d")


@attack()
def asynchronous(work):
    """Awaits at the top of a cell, and has a loop of its own."""
    work.add(
        "import asyncio\nasync def later():\n    await asyncio.sleep(0.01)\n    return 7\n"
        "print(await later())\nasync with asyncio.Lock(): pass",
        after="conv2d",
    )


@attack(loses=["conv2d"], says={"conv2d": "returned a coroutine"})
def asynchronous_function(work):
    """Writes the function itself with async."""
    work.cell("conv2d").source = "async " + work.cell("conv2d").source


@attack(loses=["conv2d"], says={"conv2d": "returned a generator"})
def generator(work):
    """Yields where it should return."""
    source = work.cell("conv2d").source
    work.solve("conv2d", source.replace("return out if", "yield out if"))


@attack()
def callable_object(work):
    """Makes the function an object with `__call__`."""
    source = work.cell("conv2d").source.replace("def conv2d(", "def _conv2d(")
    head = HEAD.replace("def conv2d(", "    def __call__(self, ")
    call = (
        "        return _conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation, "
        "groups=groups)\n"
    )
    work.solve("conv2d", f"{source}\n\nclass Layer:\n{head}{call}\nconv2d = Layer()")


@attack()
def partial_function(work):
    """Makes the function by functools.partial, with one more argument filled in."""
    source = work.cell("conv2d").source.replace("def conv2d(x", "def _conv2d(much, x")
    work.solve("conv2d", f"import functools\n{source}\n\nconv2d = functools.partial(_conv2d, 7)")


@attack()
def decorated_function(work):
    """Decorates the function with a timer of its own that forgets functools.wraps."""
    source = work.cell("conv2d").source
    timer = (
        "import time\ndef timed(f):\n    def inner(*args, **kwargs):\n"
        "        start = time.time()\n        out = f(*args, **kwargs)\n"
        "        print(time.time() - start)\n        return out\n    return inner\n\n@timed\n"
    )
    work.solve("conv2d", timer + source)


@attack(loses=["conv2d"], says={"conv2d": "unhashable"})
def cached_function(work):
    """Caches the function, though arrays cannot be looked up."""
    work.solve("conv2d", "import functools\n\n@functools.cache\n" + work.cell("conv2d").source)


@attack()
def jit_that_may_be_missing(work):
    """Uses numba where there is one, and goes without it elsewhere."""
    work.add(
        "try:\n    from numba import njit\nexcept ImportError:\n    njit = lambda f: f",
        before="conv2d",
    )
    work.solve("conv2d", "@njit\n" + work.cell("conv2d").source)


@attack(says={"page": "torch is not"})
def own_comparison(work):
    """Compares itself with PyTorch in a cell of its own, which only works at home."""
    work.add("import torch\nx = torch.ones(1, 1, 3, 3)\nprint(torch.conv2d(x, x))", after="conv2d")


FIRST = "name 'check' is not defined. The notebook's first error is in cell 1: "


@attack(loses=EVERYTHING, says={"conv2d": FIRST + "ImportError: torch is not available"})
def import_above_all(work):
    """Imports torch first in the cell of the imports, so that nothing else is imported."""
    work.cell("imports").source = "import torch\n" + work.cell("imports").source


@attack(loses=EVERYTHING, says={"pad2d": FIRST + "SyntaxError: ", "conv3d": FIRST})
def mistyped_above_all(work):
    """Forgets a bracket in the cell of the imports, which then does nothing at all."""
    work.cell("imports").source += "\nprint('ready'"


@attack()
def pictures_and_files(work):
    """Shows a figure without axes, saves one to a file, and reads it again."""
    work.add(
        "plt.show()\nplt.figure(); plt.show()\nplt.plot([1, 2]); plt.savefig('mine.png')\n"
        "print(plt.imread('mine.png').shape); np.save('a.npy', np.ones(3)); np.load('a.npy')",
        after="conv2d",
    )


@attack(says={"page": "FileNotFoundError"})
def data_left_at_home(work):
    """Reads a file that lies on its own desktop."""
    work.add("open('C:/Users/ada/Desktop/data.csv').read()", after="conv2d")


@attack(loses=["conv2d"])
def state_between_calls(work):
    """Counts its calls in a global variable, and is right in the first only."""
    source = work.cell("conv2d").source
    work.solve(
        "conv2d",
        "CALLS = 0\n"
        + source.replace("    SH, SW", "    global CALLS; CALLS += 1\n    SH, SW", 1).replace(
            "return out if", "out = out * (CALLS == 2)\n    return out if"
        ),
    )


@attack()
def cache_between_calls(work):
    """Keeps shapes it has seen in a mutable default; right in every call."""
    source = work.cell("pad2d").source
    work.solve("pad2d", source.replace("pair(padding)", "pair(padding)\n    pad2d.seen = x.shape"))


@attack()
def single_precision(work):
    """Computes in float32, which is told but costs nothing."""
    source = work.cell("conv2d").source
    work.solve(
        "conv2d", source.replace("    SH, SW", "    x = x.astype(np.float32)\n    SH, SW", 1)
    )


@attack(loses=["conv1x1"], says={"conv1x1": "in place"})
def changed_input(work):
    """Adds the bias into its input, and returns the right numbers."""
    work.solve(
        "conv1x1",
        "def conv1x1(x, w, b=None):\n    out = np.einsum('nchw,fc->nfhw', x, w)\n"
        "    x += 1\n    return out if b is None else out + b[:, None, None]",
    )


@attack(loses=["conv1x1"], says={"conv1x1": "returned None"})
def printed_instead_of_returned(work):
    """Prints the result, and forgets the return."""
    work.solve(
        "conv1x1", "def conv1x1(x, w, b=None):\n    print(np.einsum('nchw,fc->nfhw', x, w))"
    )


@attack(loses=["conv1x1"], says={"conv1x1": "returned a tuple"})
def more_than_was_asked(work):
    """Returns the output and its shape."""
    work.solve("conv1x1", "def conv1x1(x, w, b=None):\n    return x, x.shape")


@attack(points=FULL - POINTS["conv2d"], says={"conv2d": "line"})
def bug_in_one_line(work):
    """Fails in one line, which the report names."""
    work.cell("conv2d").source = work.cell("conv2d").source.replace(
        "    SH, SW = pair(stride)", "    SH, SW = pair(strides)"
    )


@attack()
def cleared_cells(work):
    """Empties cells that are not graded, and writes only comments in others."""
    work.cell("plot_pad2d").source = ""
    work.cell("plot_conv2d").source = "# nothing to see"
    work.cell("about_pad2d").source = ""


@attack()
def old_figures(work):
    """Opens a hundred figures and never closes one."""
    work.add("for _ in range(60): plt.figure(figsize=(1, 1))", after="conv2d")


@attack()
def other_languages(work):
    """Has cells in bash, HTML, JavaScript and a language that is not installed."""
    work.add("%%bash\necho $((6 * 7))", after="conv2d")
    work.add("%%html\n<b>hello</b>", after="conv2d")
    work.add("%%javascript\nalert(1)", after="conv2d")
    work.add("%%R\nx <- 3", after="conv2d")
    work.add("%%latex\n$x$", after="conv2d")

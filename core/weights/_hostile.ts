/** Modules through which pickles are known to run code. */
const HOSTILE =
  /^(os|nt|posix|sys|subprocess|shutil|runpy|pty|socket|ctypes|importlib|imp|pkgutil|code|codeop|commands|popen2|pdb|bdb|cProfile|profile|timeit|trace|webbrowser|asyncio|multiprocessing|threading|_thread|signal|tempfile|io|glob|http|urllib|ftplib|smtplib|ssl|xmlrpc|pickle|_pickle|dill|cloudpickle|joblib|marshal|shelve|platform|venv|ensurepip|pip|distutils|setuptools|doctest|idlelib|tkinter|antigravity|torch\.hub|torch\.utils\.cpp_extension|torch\.jit|numpy\.testing|numpy\.f2py|numpy\.distutils)(\.|$)/;
const HOSTILE_NAMES =
  /^(__builtin__|builtins)\.(eval|exec|execfile|compile|open|input|__import__|getattr|setattr|delattr|globals|locals|vars|breakpoint|apply|map|exit|quit)$|^(operator|_operator)\./;

/** Whether a name is a known way to run commands: no checkpoint has a reason to hold it. */
export function isHostile(module: string, name: string): boolean {
  return HOSTILE.test(module) || HOSTILE_NAMES.test(`${module}.${name}`);
}

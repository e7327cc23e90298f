#!/usr/bin/env python3
"""Draws docs/terminal.svg: a real session of crosstie in its sandbox, run on a pseudo-terminal and drawn as it looked.

  scripts/terminal_picture.py [PROGRAM] [SVG]      build/release/crosstie and docs/terminal.svg when absent

Long outputs are shortened to the parts that KEEP names; where lines are left out stands a sign.
"""
import fcntl, html, os, pty, re, shutil, struct, subprocess, sys, tempfile, termios, unicodedata

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COLUMNS, ROWS = 112, 60
WIDTH, HEIGHT, SIZE, PAD, BAR = 7.65, 18.0, 12.7, 18, 38  # of a character, a line, the font, the margin, the title bar
TIME_SCALE = "0.15"
COLORS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 36: "#76e3ea"}
BACK, FRONT, DIM = "#0d1117", "#d6dde6", "#8b949e"

# Words, and for each which blocks of the output stay: (first line, how many lines) by a pattern; None keeps all.
SESSION = [
    ("cat crosstie.yaml", [(r"^links:", 7)]),
    ("crosstie plan -out link.plan", [(r"link\.logs\.trust will", 5), (r"link\.logs\.remote_server will", 7), (r"^    \+ link\.logs\.trust", 10)]),
    ("crosstie apply link.plan", None),
    ("crosstie plan", None),
]


class Screen:
    """As much of a terminal as crosstie uses: colors, cursor up, erase line."""

    def __init__(self):
        self.lines, self.row, self.column, self.style = [[]], 0, 0, (None, False, False)

    def put(self, character):
        line = self.lines[self.row]
        line.extend([(" ", (None, False, False))] * (self.column + 1 - len(line)))
        line[self.column] = (character, self.style)
        self.column += 1

    def escape(self, numbers, letter):
        if letter == "A":
            self.row = max(0, self.row - (numbers[0] or 1))
        elif letter == "K":
            self.lines[self.row] = []
        elif letter == "m":
            color, bold, dim = self.style
            for number in numbers:
                if number == 0: color, bold, dim = None, False, False
                elif number == 1: bold = True
                elif number == 2: dim = True
                elif number in COLORS: color = number
            self.style = (color, bold, dim)

    def feed(self, text):
        at = 0
        while at < len(text):
            found = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])").match(text, at)
            if found:
                self.escape([int(n) if n.isdigit() else 0 for n in found[1].split(";")], found[2])
                at = found.end()
                continue
            if text[at] == "\n":
                self.row, self.column = self.row + 1, 0
                if self.row == len(self.lines): self.lines.append([])
            elif text[at] == "\r":
                self.column = 0
            elif unicodedata.category(text[at]) != "Cc":
                self.put(text[at])
            at += 1


def run_on_terminal(words, folder, environment):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(words, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    taken = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece: break
        taken += piece
    os.close(ours)
    if process.wait() != 0: sys.exit(f"{words} ended with {process.returncode}:\n{taken.decode(errors='replace')}")
    screen = Screen()
    screen.feed(taken.decode(errors="replace"))
    while screen.lines and not screen.lines[-1]: screen.lines.pop()
    return screen.lines


def shorten(lines, keep):
    if keep is None: return lines
    texts = ["".join(c for c, _ in line) for line in lines]
    out, last = [], 0
    for pattern, count in keep:
        first = next((i for i, text in enumerate(texts) if i >= last and re.search(pattern, text)), None)
        if first is None: sys.exit(f"no line with {pattern} in:\n" + "\n".join(texts))
        if first > last: out.append([(c, (None, False, True)) for c in "  ⋮"])
        out += lines[first:first + count]
        last = first + count
    if last < len(lines): out.append([(c, (None, False, True)) for c in "  ⋮"])
    return out


def draw_line(line, y):
    out, at = [], 0
    while at < len(line):
        end = at
        while end < len(line) and line[end][1] == line[at][1]: end += 1
        text, (color, bold, dim) = "".join(c for c, _ in line[at:end]), line[at][1]
        if text.strip():
            lead = len(text) - len(text.lstrip())
            text = text.strip()
            fill = COLORS.get(color, DIM if dim else FRONT)
            weight = ' font-weight="700"' if bold else ""
            out.append(f'<text x="{PAD + (at + lead) * WIDTH:.1f}" y="{y:.1f}" fill="{fill}"{weight} '
                       f'textLength="{len(text) * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs">{html.escape(text)}</text>')
        at = end
    return "\n".join(out)


def draw(lines):
    lines = [line[:COLUMNS] for line in lines]
    width = PAD * 2 + COLUMNS * WIDTH
    height = BAR + PAD + len(lines) * HEIGHT + 8
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
           f'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="{SIZE}" xml:space="preserve">',
           "<title>crosstie plans, applies and proves a link in the sandbox</title>",
           f'<rect x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="10" fill="{BACK}" stroke="#30363d"/>',
           f'<path d="M0.5 {BAR} V10.5 a10 10 0 0 1 10 -10 H{width - 10.5:.0f} a10 10 0 0 1 10 10 V{BAR} Z" fill="#161b22" stroke="#30363d"/>']
    for i, fill in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        out.append(f'<circle cx="{22 + i * 20}" cy="{BAR / 2:.0f}" r="6" fill="{fill}"/>')
    out.append(f'<text x="{width / 2:.0f}" y="{BAR / 2 + 4:.0f}" fill="{DIM}" text-anchor="middle">crosstie in its sandbox</text>')
    for i, line in enumerate(lines): out.append(draw_line(line, BAR + PAD + i * HEIGHT + 8))
    return "\n".join(o for o in out if o) + "\n</svg>\n"


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build/release/crosstie"))
    target = sys.argv[2] if len(sys.argv) > 2 else os.path.join(TOP, "docs/terminal.svg")
    work = tempfile.mkdtemp(prefix="crosstie-picture-")
    os.mkdir(os.path.join(work, "bin"))
    os.symlink(program, os.path.join(work, "bin", "crosstie"))
    environment = {"PATH": os.path.join(work, "bin") + ":/usr/bin:/bin", "HOME": work, "TERM": "xterm-256color", "LANG": "C.UTF-8",
                   "CROSSTIE_KEY_DIR": os.path.join(work, "keys")}
    sandbox = subprocess.Popen([program, "sandbox", "-dir", work + "/sandbox", "-example", "api_key", "-time-scale", TIME_SCALE],
                               stdout=subprocess.PIPE, text=True)
    try:
        if not sandbox.stdout.readline().startswith("ready"): sys.exit("the sandbox did not start")
        for name, value in re.findall(r"export (\w+)='([^']*)'", open(work + "/sandbox/env").read()): environment[name] = value
        lines = []
        for words, keep in SESSION:
            if lines: lines.append([])
            lines.append([("$", (32, True, False)), (" ", (None, False, False))] + [(c, (None, True, False)) for c in words])
            lines += shorten(run_on_terminal(words.split(), work + "/sandbox/project", environment), keep)
        with open(target, "w") as file: file.write(draw(lines))
    finally:
        sandbox.terminate()
        sandbox.wait()
        shutil.rmtree(work)
    print(f"wrote {target}, {len(lines)} lines")


main()

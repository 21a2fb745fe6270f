package io.migpool.testbed.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What tests want to know of a Markdown text. */
public final class Markdown {

    private static final Pattern FENCE = Pattern.compile("^ *```([a-z]*)\\s*$");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]+\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.*)$");

    private Markdown() {}

    /**
     * An example.
     *
     * @param language what follows the opening fence
     * @param line line of the opening fence, from 1
     * @param text what stands between the fences
     */
    record Block(String language, int line, String text) {}

    /** All fenced blocks, in order. */
    static List<Block> blocks(String text) {
        List<Block> blocks = new ArrayList<>();
        StringBuilder inside = new StringBuilder();
        String language = "";
        int opened = 0;
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            Matcher fence = FENCE.matcher(line);
            if (!fence.matches()) {
                inside.append(opened > 0 ? line + "\n" : "");
            } else if (opened == 0) {
                language = fence.group(1);
                opened = number;
            } else {
                blocks.add(new Block(language, opened, inside.toString()));
                inside.setLength(0);
                opened = 0;
            }
        }
        if (opened > 0) {
            throw new IllegalArgumentException("the block of line " + opened + " is not closed");
        }
        return blocks;
    }

    /** Returns all code spans of running text, in order, as blocks without a language. */
    static List<Block> code(String text) {
        List<Block> code = new ArrayList<>();
        boolean inside = false;
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            if (FENCE.matcher(line).matches()) {
                inside = !inside;
            } else if (!inside) {
                int at = number;
                CODE.matcher(line)
                        .results()
                        .map(piece -> new Block("", at, piece.group(1)))
                        .forEach(code::add);
            }
        }
        return code;
    }

    /** Targets of all links outside blocks. */
    static List<String> links(String text) {
        return LINK.matcher(prose(text)).results().map(link -> link.group(1)).toList();
    }

    /** Anchors of the headings, as renderers make them. */
    static List<String> anchors(String text) {
        return HEADING.matcher(prose(text))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .strip()
                        .replace(' ', '-'))
                .toList();
    }

    /** First cells of all table rows that are one or more pieces of code: {@code | `a`, `b` | … |}. */
    public static List<String> codeInFirstCells(String text) {
        return prose(text)
                .lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.substring(1, line.indexOf('|', 1)))
                .flatMap(cell -> CODE.matcher(cell).results())
                .map(code -> code.group(1))
                .toList();
    }

    /** The part below a heading that contains these words, up to the next of the same or a higher level. */
    public static String section(String text, String words) {
        List<String> lines = text.lines().toList();
        int from = 0;
        while (!(lines.get(from).startsWith("#") && lines.get(from).contains(words))) {
            from++;
        }
        int level = lines.get(from).indexOf(' ');
        return lines.stream()
                .skip(from + 1L)
                .takeWhile(line -> !line.matches("#{1," + level + "} .*"))
                .collect(Collectors.joining("\n"));
    }

    private static String prose(String text) {
        StringBuilder prose = new StringBuilder();
        boolean inside = false;
        for (String line : text.lines().toList()) {
            if (FENCE.matcher(line).matches()) {
                inside = !inside;
            } else if (!inside) {
                prose.append(line).append('\n');
            }
        }
        return prose.toString();
    }
}

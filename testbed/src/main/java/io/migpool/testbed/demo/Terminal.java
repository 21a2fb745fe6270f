package io.migpool.testbed.demo;

import java.io.Console;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Prints for people: with colours and a progress indicator on a terminal, plain when piped. */
final class Terminal {

    /** Colours of text, as ANSI codes. */
    enum Style {
        BOLD("1"),
        DIM("2"),
        RED("31"),
        GREEN("32"),
        CYAN("36");

        private final String code;

        Style(String code) {
            this.code = code;
        }
    }

    private static final String[] SPINNER = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    private static final long SPINNER_STEP_MILLIS = 100;
    private static final int[] PALETTE = {39, 208, 77, 170, 220, 45, 203, 141, 113, 180};

    private final PrintStream out;
    private final boolean interactive;

    Terminal(PrintStream out, boolean interactive) {
        this.out = out;
        this.interactive = interactive;
    }

    /** Returns a terminal on standard output; coloured only if it is interactive and {@code NO_COLOR} is not set. */
    @SuppressWarnings("SystemConsoleNull") // JDK 25 returns null again when output is redirected
    static Terminal standard(Map<String, String> environment) {
        Console console = System.console();
        return new Terminal(
                System.out, console != null && console.isTerminal() && !environment.containsKey("NO_COLOR"));
    }

    void line(String text) {
        out.println(text);
    }

    void blank() {
        out.println();
    }

    void title(String text) {
        out.println();
        out.println(style(Style.BOLD, text));
    }

    void good(String text) {
        out.println("  " + style(Style.GREEN, "✓") + " " + text);
    }

    void bad(String text) {
        out.println("  " + style(Style.RED, "✗") + " " + text);
    }

    void quote(String text) {
        text.lines().forEach(line -> out.println("    " + style(Style.DIM, line)));
    }

    String style(Style style, String text) {
        return interactive ? "\u001b[" + style.code + "m" + text + "\u001b[0m" : text;
    }

    /** Returns text on one of a few distinct backgrounds, always the same one for an index. */
    String cell(int colour, String text) {
        return interactive
                ? "\u001b[30;48;5;" + PALETTE[Math.floorMod(colour, PALETTE.length)] + "m" + text + "\u001b[0m"
                : text;
    }

    /** Runs an action, showing that it is in progress and then how long it took. */
    <T> T progress(String what, Callable<T> action) throws Exception {
        long start = System.nanoTime();
        CountDownLatch done = new CountDownLatch(1);
        Thread spinner = Thread.ofVirtual().name("progress").start(() -> spin(what, start, done));
        try {
            T result = action.call();
            done.countDown();
            spinner.join();
            good("%s %s".formatted(what, style(Style.DIM, "%.1f s".formatted(seconds(start)))));
            return result;
        } catch (Exception e) {
            done.countDown();
            spinner.join();
            bad(what);
            throw e;
        }
    }

    private void spin(String what, long start, CountDownLatch done) {
        if (!interactive) {
            return;
        }
        try {
            for (int i = 0; !done.await(SPINNER_STEP_MILLIS, TimeUnit.MILLISECONDS); i++) {
                out.print("\r  %s %s %.0f s".formatted(SPINNER[i % SPINNER.length], what, seconds(start)));
                out.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        out.print("\r\u001b[K");
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
    }
}

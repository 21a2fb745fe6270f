package io.migpool.deviceplugin.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;

/**
 * Prints the steps of a command, if the user asked for that with {@code --debug}.
 *
 * @param wanted whether the user asked
 * @param err where to print
 */
record Trace(boolean wanted, PrintWriter err) {

    void say(String what) {
        if (wanted) {
            err.println("debug: " + what);
        }
    }

    /** Prints a program's output to its end. */
    void copy(BufferedReader output) {
        try (output) {
            output.lines().forEach(this::say);
        } catch (UncheckedIOException | IOException e) {
            say("the rest of its output cannot be read: " + e.getMessage());
        }
    }
}

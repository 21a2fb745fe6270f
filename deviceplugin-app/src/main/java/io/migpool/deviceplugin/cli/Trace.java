package io.migpool.deviceplugin.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;

/**
 * What a person hears of the way, who asked for it ({@code --debug}).
 *
 * @param wanted whether anybody did
 * @param err where it is told
 */
record Trace(boolean wanted, PrintWriter err) {

    void say(String what) {
        if (wanted) {
            err.println("debug: " + what);
        }
    }

    /** Copies what a program prints, to its end. */
    void copy(BufferedReader output) {
        try (output) {
            output.lines().forEach(this::say);
        } catch (UncheckedIOException | IOException e) {
            say("the rest of its output cannot be read: " + e.getMessage());
        }
    }
}

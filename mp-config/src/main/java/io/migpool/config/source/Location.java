package io.migpool.config.source;

/**
 * A place in a document.
 *
 * @param line line number, from 1
 * @param column column number, from 1
 */
public record Location(int line, int column) {

    /** Returns {@code line 3, column 7}. */
    @Override
    public String toString() {
        return "line " + line + ", column " + column;
    }
}

package io.migpool.config.source;

/** A text that cannot be parsed as a document of its kind; the message names line, column and remedy. */
public final class MalformedDocumentException extends Exception {

    private static final long serialVersionUID = 1L;

    MalformedDocumentException(Location at, String message) {
        super(at + ": " + message);
    }
}

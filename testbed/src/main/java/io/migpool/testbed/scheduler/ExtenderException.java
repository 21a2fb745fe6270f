package io.migpool.testbed.scheduler;

/** The extender did not answer, sent an invalid answer, or reported an error; the message goes into the pod's event. */
final class ExtenderException extends Exception {

    private static final long serialVersionUID = 1L;

    ExtenderException(String message) {
        super(message);
    }

    ExtenderException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Returns the message, never null. */
    String text() {
        return String.valueOf(getMessage());
    }
}

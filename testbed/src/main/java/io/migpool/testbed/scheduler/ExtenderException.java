package io.migpool.testbed.scheduler;

/** The extender did not answer, answered nonsense, or reported an error; the message is what the pod's event says. */
final class ExtenderException extends Exception {

    private static final long serialVersionUID = 1L;

    ExtenderException(String message) {
        super(message);
    }

    ExtenderException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The message, which is always there. */
    String text() {
        return String.valueOf(getMessage());
    }
}

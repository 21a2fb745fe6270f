package io.migpool.deviceplugin.cli;

import java.io.Serial;

/** Reports that a command failed. The message says why and what would be right. */
final class CommandException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    CommandException(String message) {
        super(message);
    }

    CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}

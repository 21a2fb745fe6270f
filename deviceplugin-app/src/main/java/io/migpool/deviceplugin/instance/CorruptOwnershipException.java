package io.migpool.deviceplugin.instance;

import java.io.Serial;

/** The ownership file exists but cannot be trusted. */
final class CorruptOwnershipException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    CorruptOwnershipException(String problem) {
        super(problem);
    }
}

package io.migpool.deviceplugin.geometry.spec;

import java.io.Serial;

/** A configuration that cannot be used. The message names the place, the value and what would be right. */
public final class MigSpecException extends Exception {

    @Serial
    private static final long serialVersionUID = 1L;

    public MigSpecException(String message) {
        super(message);
    }
}

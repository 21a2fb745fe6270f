package io.migpool.extender.api;

/** A request body is not what it should be; the message says where and what was expected. */
final class MalformedBodyException extends Exception {

    private static final long serialVersionUID = 1;

    MalformedBodyException(String message) {
        super(message);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}

package io.migpool.deviceplugin.model;

/** The agent is killed: nothing of it runs on. */
final class Killed extends Error {

    private static final long serialVersionUID = 1L;

    Killed(String where) {
        super(where, null, false, false);
    }
}

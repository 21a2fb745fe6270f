package io.migpool.config;

import java.util.List;

/** A document with invalid settings. */
public final class InvalidSettingsException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    InvalidSettingsException(List<String> problems) {
        super(String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    /** Returns one sentence per problem, each with place, value and remedy. */
    public List<String> problems() {
        return problems;
    }
}

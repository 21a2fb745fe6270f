package io.migpool.testbed.apiserver.access;

import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.request.Caller;
import java.util.List;

/**
 * Identifies the owner of a bearer token. The token itself names its owner: this protects nothing, it only keeps
 * accounts apart.
 */
public final class Accounts {
    private static final String TOKEN_PREFIX = "testbed";
    private static final char SEPARATOR = '~';
    private static final String BEARER = "Bearer ";

    private final String administratorToken;

    /**
     * @param administratorToken bearer token of the administrator; if empty, callers without a token are the
     *     administrator
     */
    public Accounts(String administratorToken) {
        this.administratorToken = administratorToken;
    }

    /** Returns a service account's token, bound to a node unless that is empty. */
    public static String token(String namespace, String serviceAccount, String node) {
        return String.join(String.valueOf(SEPARATOR), TOKEN_PREFIX, namespace, serviceAccount, node);
    }

    /** Returns the caller behind an Authorization header, which may be empty. */
    public Caller caller(String authorization, String agent) {
        String administrators = administratorToken.isEmpty() ? "" : BEARER + administratorToken;
        if (authorization.equals(administrators)) {
            return new Caller("kubernetes-admin", List.of(Caller.EVERYTHING_GROUP, "system:authenticated"), "", agent);
        }
        if (authorization.isEmpty()) {
            return new Caller("system:anonymous", List.of("system:unauthenticated"), "", agent);
        }
        String[] parts = authorization.startsWith(BEARER)
                ? authorization.substring(BEARER.length()).split(String.valueOf(SEPARATOR), -1)
                : new String[0];
        if (parts.length != 4 || !parts[0].equals(TOKEN_PREFIX)) {
            throw ApiException.of(401, "Unauthorized", "Unauthorized");
        }
        List<String> groups =
                List.of("system:serviceaccounts", "system:serviceaccounts:" + parts[1], "system:authenticated");
        return new Caller("system:serviceaccount:" + parts[1] + ":" + parts[2], groups, parts[3], agent);
    }
}

package io.migpool.testbed.apiserver;

import java.net.URI;

/** The text of a kubeconfig file. */
public final class Kubeconfig {
    private Kubeconfig() {}

    /** Returns a kubeconfig for the administrator of the double, who needs no token. */
    static String administrator(URI server) {
        return text(server, "", "default", "{}");
    }

    /**
     * Returns a kubeconfig for an account.
     *
     * @param server address of the API server
     * @param namespace the default namespace
     * @param token the account's bearer token
     */
    public static String account(URI server, String namespace, String token) {
        return trusting(server, "", namespace, token);
    }

    /**
     * Returns a kubeconfig for an account at a server with a certificate of its own.
     *
     * @param server address of the API server
     * @param authority base64 of the PEM certificates to trust, empty for the system's own
     * @param namespace the default namespace
     * @param token the account's bearer token
     */
    public static String trusting(URI server, String authority, String namespace, String token) {
        String trust = authority.isEmpty() ? "" : ", certificate-authority-data: \"" + authority + '"';
        return text(server, trust, namespace, "{token: \"" + token + "\"}");
    }

    private static String text(URI server, String trust, String namespace, String user) {
        return """
            apiVersion: v1
            kind: Config
            clusters:
            - name: testbed
              cluster: {server: "%s"%s}
            users:
            - name: testbed
              user: %s
            contexts:
            - name: testbed
              context: {cluster: testbed, user: testbed, namespace: "%s"}
            current-context: testbed
            """.formatted(server, trust, user, namespace);
    }
}

package io.migpool.testbed.apiserver;

import java.net.URI;

/** The text of a kubeconfig file. */
final class Kubeconfig {
    private Kubeconfig() {}

    static String administrator(URI server) {
        return text(server, "default", "{}");
    }

    static String account(URI server, String namespace, String token) {
        return text(server, namespace, "{token: \"" + token + "\"}");
    }

    private static String text(URI server, String namespace, String user) {
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: testbed
                  cluster: {server: "%s"}
                users:
                - name: testbed
                  user: %s
                contexts:
                - name: testbed
                  context: {cluster: testbed, user: testbed, namespace: "%s"}
                current-context: testbed
                """.formatted(server, user, namespace);
    }
}

package io.migpool.testbed.app;

/** The applications that MigPool consists of. */
public enum AppKind {
    /** The admission webhook. */
    ADMISSION("admission-app"),
    /** The scheduler extender. */
    EXTENDER("extender-app"),
    /** The node agent. */
    DEVICE_PLUGIN("deviceplugin-app");

    private final String artifact;

    AppKind(String artifact) {
        this.artifact = artifact;
    }

    /** The Maven artifact that holds it. */
    String artifact() {
        return artifact;
    }
}

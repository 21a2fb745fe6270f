package io.migpool.testbed.app;

/** MigPool's applications. */
public enum AppKind {
    /** The admission webhook. */
    ADMISSION("admission-app", "io.migpool.admission.AdmissionMain"),
    /** The scheduler extender. */
    EXTENDER("extender-app", "io.migpool.extender.ExtenderMain"),
    /** The node agent. */
    DEVICE_PLUGIN("deviceplugin-app", "io.migpool.deviceplugin.DevicePluginMain");

    private final String artifact;
    private final String mainClass;

    AppKind(String artifact, String mainClass) {
        this.artifact = artifact;
        this.mainClass = mainClass;
    }

    /** Returns its Maven artifact. */
    String artifact() {
        return artifact;
    }

    /** Returns the class that starts it as a process. */
    String mainClass() {
        return mainClass;
    }
}

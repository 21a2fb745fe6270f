package io.migpool.testbed.app;

/** MigPool's applications. */
public enum AppKind {
    /** The admission webhook. */
    ADMISSION("admission-app", "io.migpool.admission.AdmissionMain", 512),
    /** The scheduler extender. */
    EXTENDER("extender-app", "io.migpool.extender.ExtenderMain", 1024),
    /** The node agent. */
    DEVICE_PLUGIN("deviceplugin-app", "io.migpool.deviceplugin.DevicePluginMain", 512);

    private final String artifact;
    private final String mainClass;
    private final int containerMiB;

    AppKind(String artifact, String mainClass, int containerMiB) {
        this.artifact = artifact;
        this.mainClass = mainClass;
        this.containerMiB = containerMiB;
    }

    /** Returns its Maven artifact. */
    String artifact() {
        return artifact;
    }

    /** Returns the memory limit of its container in the manifests, in MiB. */
    public int containerMiB() {
        return containerMiB;
    }

    /** Returns the class that starts it as a process. */
    String mainClass() {
        return mainClass;
    }
}

package io.migpool.deviceplugin.migmanager;

/** How MIG devices stand in the labels of a node, in the words of NVIDIA's device plugin. */
public enum MigStrategy {
    /** Not at all. */
    NONE,
    /** All GPUs are cut into one kind of device, which takes the place of the GPU. */
    SINGLE,
    /** Each profile has labels of its own beside those of the GPUs. */
    MIXED
}

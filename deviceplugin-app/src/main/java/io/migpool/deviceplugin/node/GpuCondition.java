package io.migpool.deviceplugin.node;

/**
 * What people should know about a GPU that is not simply serving.
 *
 * @param note what is the matter and what to do
 */
public record GpuCondition(GpuTrouble trouble, String note) {

    String reason() {
        return trouble.reason();
    }
}

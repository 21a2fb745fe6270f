package io.migpool.deviceplugin.node;

/**
 * What people should know about a GPU that is not simply serving.
 *
 * @param reason one word in CamelCase, as in Events and metrics
 * @param note what is the matter and what to do
 */
public record GpuCondition(String reason, String note) {}

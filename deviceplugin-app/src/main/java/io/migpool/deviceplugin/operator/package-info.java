/**
 * Peace with the GPU Operator: which of its operands conflict with this agent, and the labels of the Node that pause them. Used only by
 * the wiring; it uses {@code cluster}.
 */
@NullMarked
package io.migpool.deviceplugin.operator;

import org.jspecify.annotations.NullMarked;

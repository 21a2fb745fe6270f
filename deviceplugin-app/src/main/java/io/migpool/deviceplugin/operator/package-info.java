/**
 * Peace with the GPU Operator: which of its operands conflict with this agent, and the labels of the Node that pause
 * them.
 */
@NullMarked
package io.migpool.deviceplugin.operator;

import org.jspecify.annotations.NullMarked;

/**
 * What a pod asks for: the one parser of GPU resources that admission and extender share. Pure functions of a pod and
 * the configured resource names; every application may use them.
 */
@NullMarked
package io.migpool.contracts.request;

import org.jspecify.annotations.NullMarked;

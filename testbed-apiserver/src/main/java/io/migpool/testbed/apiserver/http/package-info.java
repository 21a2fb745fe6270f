/**
 * The edge: reads HTTP requests, translates them into verbs and writes the answers, discovery and the OpenAPI document among
 * them.
 */
@NullMarked
package io.migpool.testbed.apiserver.http;

import org.jspecify.annotations.NullMarked;

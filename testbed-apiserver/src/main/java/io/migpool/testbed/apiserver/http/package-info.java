/**
 * The HTTP edge: reads requests, translates them into verbs and writes the answers, including discovery and the OpenAPI
 * document.
 */
@NullMarked
package io.migpool.testbed.apiserver.http;

import org.jspecify.annotations.NullMarked;

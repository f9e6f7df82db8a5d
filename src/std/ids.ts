/** Branded identifiers: strings and numbers that cannot be mixed up by accident. */
declare const brand: unique symbol
type Brand<T, B extends string> = T & { readonly [brand]: B }

/** A process, in the whole store. `[A-Za-z0-9._~-]` plus `:`; chosen by the caller or derived from the effect that spawned it. */
export type Pid = Brand<string, 'Pid'>
/** An effect inside a segment of one process (rule K1). */
export type EffectKey = Brand<string, 'EffectKey'>
/** `pid/incarnation/segment/key`: an effect in the whole world; the idempotency key of all its attempts (rule K5). */
export type EffectId = Brand<string, 'EffectId'>
/** Path of a scope; the root scope is the empty string. */
export type ScopePath = Brand<string, 'ScopePath'>
/** A message in the whole store; equal ids are one message. */
export type MessageId = Brand<string, 'MessageId'>
/** New for every attempt to run an activation; `begun` facts carry it. */
export type OwnerId = Brand<string, 'OwnerId'>
/** Fencing number of a process's activations; a larger one closes the smaller ones. */
export type Epoch = Brand<number, 'Epoch'>
/** Position of a fact in its process's journal, dense from 0. */
export type Seq = Brand<number, 'Seq'>

/** Marks a text as a pid. */
export const asPid = (text: string): Pid => text as Pid
/** Marks a text as an effect key. */
export const asEffectKey = (text: string): EffectKey => text as EffectKey
/** Marks a text as an effect id. */
export const asEffectId = (text: string): EffectId => text as EffectId
/** Marks a text as a scope path. */
export const asScopePath = (text: string): ScopePath => text as ScopePath
/** Marks a text as a message id. */
export const asMessageId = (text: string): MessageId => text as MessageId
/** Marks a text as an owner id. */
export const asOwnerId = (text: string): OwnerId => text as OwnerId
/** Marks a number as an epoch. */
export const asEpoch = (n: number): Epoch => n as Epoch
/** Marks a number as a seq. */
export const asSeq = (n: number): Seq => n as Seq

/** The root scope. */
export const ROOT_SCOPE = asScopePath('')

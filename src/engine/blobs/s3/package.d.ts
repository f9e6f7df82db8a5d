/** The parts of the optional package `aws4fetch` that are used here. */
declare module 'aws4fetch' {
  export class AwsV4Signer {
    constructor(request: {
      readonly method: string
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken?: string
      readonly service: string
      readonly region: string
    })
    sign(): Promise<{ readonly method: string; readonly url: URL; readonly headers: Headers }>
  }
}

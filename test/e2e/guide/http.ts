import { httpGet } from 'skein/tools'

export const encyclopedia = httpGet({ name: 'look_up', hosts: ['en.wikipedia.org', '*.wikimedia.org'] })
export const wiki = httpGet({ name: 'wiki', hosts: ['http://wiki.internal:8080'], addresses: ['10.1.0.0/16'] })

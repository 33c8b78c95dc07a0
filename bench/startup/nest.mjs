// The smallest application with one route, as its guide has it; decorators are applied as the functions that they are.
import 'reflect-metadata'
import { Controller, Get, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

class HelloController {
  hello() {
    return { hello: 'world' }
  }
}
Get()(HelloController.prototype, 'hello', Object.getOwnPropertyDescriptor(HelloController.prototype, 'hello'))
Controller('hello')(HelloController)

class HelloModule {}
Module({ controllers: [HelloController] })(HelloModule)

// Ends in order, so that the compile cache is written.
process.on('SIGTERM', () => process.exit())
const application = await NestFactory.create(HelloModule, { logger: false })
await application.listen(Number(process.env.PORT), '127.0.0.1')

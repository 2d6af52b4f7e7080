/** How this command was called, for commands to paste: `npx lab` or `lab`. */
export const commandName = () => (process.env.npm_command === 'exec' ? 'npx lab' : 'lab');

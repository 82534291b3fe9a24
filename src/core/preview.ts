/**
 * Programs that fetch a link to show what is behind it, by the names they give themselves in `User-Agent`. They come because
 * somebody wrote a link down, not because somebody followed it.
 */
const names =
  /facebookexternalhit|facebookcatalog|Twitterbot|Slackbot-LinkExpanding|Slack-ImgProxy|Discordbot|TelegramBot|WhatsApp\/|LinkedInBot|SkypeUriPreview|MicrosoftPreview|redditbot|Pinterestbot|Mastodon\/|Iframely|Embedly|vkShare|Viber\/|Google-PageRenderer|Bluesky Cardyb|ZoomBot|Snap URL Preview/i;

/** Whether this `User-Agent` is that of a program that makes previews of links. */
export function isPreview(userAgent: string): boolean {
  return names.test(userAgent);
}
